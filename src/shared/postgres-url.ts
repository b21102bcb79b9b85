// As the driver does it: where a socket's directory is named instead of a host, no URL parser takes a user.
const noHost = '@/';
const someHost = '@socket/';

/** `postgres://user:password@host:port/database?…`; null when it cannot be read as one, or not as it was meant. */
export function parsePostgresUrl(text: string): URL | null {
  if (!/^postgres(ql)?:\/\//.test(text)) return null;
  const url = URL.parse(text) ?? URL.parse(text.replace(noHost, someHost));
  // A password with a bare `/` or `#` ends where that is, and its rest would be shown as port or database.
  return url !== null && url.hash === '' && !url.pathname.includes('@') ? url : null;
}

/** For people. A URL's query may hold a password too (`?password=…`): of it only where the server is is shown. */
export function withoutPassword(text: string): string {
  const url = parsePostgresUrl(text);
  if (url === null) return '';
  const where = ['host', 'port'].flatMap((name) => url.searchParams.getAll(name).map((value) => `${name}=${value}`));
  url.password = '';
  url.search = where.join('&');
  return URL.canParse(text) ? url.href : url.href.replace(someHost, noHost);
}
