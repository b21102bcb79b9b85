import { errorMessage, isTaskerError, TaskerError, type TaskerErrorCode } from '../../shared/errors.ts';

/** What an error message must name so that its reader can act. Never a password. */
export interface Place {
  /** `user@host:port/database, schema tasker`. */
  readonly location: string;
  readonly schema: string;
  readonly user: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

// Whole codes before classes: what comes first counts.
const codeByPrefix: readonly (readonly [prefix: string, code: TaskerErrorCode])[] = [
  ['53100', 'TASKER_STORAGE_FULL'],
  ['25006', 'TASKER_STORAGE_READ_ONLY'],
  ['42501', 'TASKER_STORAGE_READ_ONLY'],
  ['42P01', 'TASKER_STORAGE_CORRUPT'],
  ['42883', 'TASKER_STORAGE_CORRUPT'],
  ['3F000', 'TASKER_STORAGE_CORRUPT'],
  ['XX001', 'TASKER_STORAGE_CORRUPT'],
  ['XX002', 'TASKER_STORAGE_CORRUPT'],
  ['26000', 'TASKER_STORAGE_UNAVAILABLE'],
  ['42P05', 'TASKER_STORAGE_UNAVAILABLE'],
  ['3D000', 'TASKER_STORAGE_UNAVAILABLE'],
  ['55P03', 'TASKER_STORAGE_UNAVAILABLE'],
  ['25P03', 'TASKER_STORAGE_UNAVAILABLE'],
  ['25P04', 'TASKER_STORAGE_UNAVAILABLE'],
  ['08', 'TASKER_STORAGE_UNAVAILABLE'],
  ['28', 'TASKER_STORAGE_UNAVAILABLE'],
  ['40', 'TASKER_STORAGE_UNAVAILABLE'],
  ['53', 'TASKER_STORAGE_UNAVAILABLE'],
  ['57', 'TASKER_STORAGE_UNAVAILABLE'],
  ['58', 'TASKER_STORAGE_UNAVAILABLE'],
];

const networkCodes: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
  'EPIPE',
]);

// The driver's own errors have no code.
const lostConnection =
  /^(Connection terminated|timeout expired|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|The server does not support SSL)/;
// Of a TLS connection that was refused here, by Node or by OpenSSL.
const tlsCodes = /^(CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA$|HOSTNAME_MISMATCH$|ERR_TLS_|ERR_SSL_)/;
const noTls = /^The server does not support SSL/;
const noPassword = /^SASL: .*password must be a/;
const closedPool = /^Cannot use a pool after calling end|^Called end on pool more than once/;

/** SQLSTATE: five characters of digits and capitals. */
export function sqlState(error: unknown): string | null {
  const code = codeOf(error);
  return code !== null && /^[0-9A-Z]{5}$/.test(code) && !networkCodes.has(code) ? code : null;
}

/** The connection is gone, or none could be made: what was under way on it may or may not have happened. */
export function isConnectionLost(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) return state.startsWith('08') || /^57P0[1-5]$|^25P0[34]$/.test(state);
  const code = codeOf(error) ?? '';
  return networkCodes.has(code) || tlsCodes.test(code) || lostConnection.test(messageOf(error));
}

/** Of the lost ones: nobody has closed the connection, so that what was sent on it may still be on its way. */
export function isUnanswered(error: unknown): boolean {
  return messageOf(error).startsWith('Query read timeout');
}

/** Nothing is wrong but the moment: serialization failure or deadlock. The transaction is undone and may be tried again. */
export function isConflict(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40001' || state === '40P01';
}

/** A pooler does not let a connection have settings of its own. */
export function isPoolersRefusal(error: unknown): boolean {
  return sqlState(error) === '08P01' && messageOf(error).startsWith('unsupported startup parameter');
}

/** The error as callers see it; null when it says nothing about the storage but something about what was asked. */
export function toStorageError(error: unknown, place: Place): TaskerError | null {
  if (isTaskerError(error)) return error.code.startsWith('TASKER_STORAGE_') ? error : null;
  const state = sqlState(error);
  if (state !== null) {
    const found = codeByPrefix.find(([prefix]) => state.startsWith(prefix));
    return found === undefined ? null : storageError(found[1], state, error, place);
  }
  const message = messageOf(error);
  if (closedPool.test(message)) return closedError(place, error);
  if (noTls.test(message)) return storageError('TASKER_STORAGE_UNAVAILABLE', 'no TLS', error, place);
  if (noPassword.test(message)) return storageError('TASKER_STORAGE_UNAVAILABLE', 'no password', error, place);
  return isConnectionLost(error)
    ? storageError('TASKER_STORAGE_UNAVAILABLE', codeOf(error) ?? 'no connection', error, place)
    : null;
}

/** For `catch`: never returns. */
export function throwMapped(error: unknown, place: Place): never {
  if (isTaskerError(error)) throw error;
  throw toStorageError(error, place) ?? internalError(error, place);
}

/** Nothing is wrong with the storage: what was to be written breaks one of its rules. */
export function internalError(error: unknown, place: Place): TaskerError {
  if (isTaskerError(error)) return error;
  return new TaskerError(
    'TASKER_INTERNAL',
    `The storage '${place.location}' refused what was written: ${messageOf(error)}.`,
    { cause: error, details: { location: place.location, sqlState: sqlState(error) } },
  );
}

/** What is sent now could be overtaken by what was sent before. */
export function outrunError(place: Place): TaskerError {
  const message = `The storage '${place.location}' has left a statement unanswered; this worker joins it anew first. Try again.`;
  return new TaskerError('TASKER_STORAGE_UNAVAILABLE', message, { details: { location: place.location } });
}

export function closedError(place: Place, cause?: unknown): TaskerError {
  const message = `The storage '${place.location}' has been closed. Open it again to use it.`;
  return new TaskerError('TASKER_STORAGE_UNAVAILABLE', message, { cause, details: { location: place.location } });
}

function storageError(code: TaskerErrorCode, what: string, cause: unknown, place: Place): TaskerError {
  return new TaskerError(code, `${advice(code, what, place)} (${what}: ${messageOf(cause)})`, {
    cause,
    details: { location: place.location, sqlState: sqlState(cause) },
  });
}

function advice(code: TaskerErrorCode, what: string, place: Place): string {
  const { location, schema } = place;
  switch (code) {
    case 'TASKER_STORAGE_FULL':
      return `No space is left on the disk of the storage '${location}'; nothing was written. Free space on the database server's disk; work goes on by itself.`;
    case 'TASKER_STORAGE_READ_ONLY':
      return what === '42501'
        ? `The storage '${location}' refused this for lack of rights; nothing was written. ${neededGrants(schema)}`
        : `The storage '${location}' can be read but not written; nothing was written. It is opened for reading only, or the URL names a standby: name the primary.`;
    case 'TASKER_STORAGE_CORRUPT':
      return what.startsWith('XX')
        ? `The storage '${location}' is damaged. Stop the engine and restore the database from a backup.`
        : `The storage '${location}' lacks a part that Tasker made in it. Restore the schema '${schema}' from a backup, or start the engine to bring a new one up.`;
    default:
      return unavailable(what, place);
  }
}

/** What has to be granted, as the statements that grant it. */
export function neededGrants(schema: string): string {
  return (
    `Grant them: 'grant usage on schema ${schema} to <user>', 'grant select, insert, update, delete on all tables in schema ${schema} to <user>', ` +
    `'grant execute on all functions in schema ${schema} to <user>', and the same for schema ${schema}_queue; whoever creates or upgrades the storage also needs ` +
    `'grant create on database <database> to <user>', or to own the schema.`
  );
}

function unavailable(what: string, { location }: Place): string {
  const cannot = `The storage '${location}' cannot be used`;
  switch (what) {
    case '3D000':
      return `${cannot}: the server has no such database. Create it, or correct the database in the URL.`;
    case '28P01':
      return `${cannot}: the user or the password is wrong. Correct them in the URL.`;
    case 'no password':
      return `${cannot}: the server asks for a password and the URL has none. Add it to the URL, or set PGPASSWORD.`;
    case 'no TLS':
      return `${cannot}: its URL asks for TLS and the server has none. Switch it on there (ssl = on), or, where the connection is over no network, take sslmode from the URL.`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
    case 'HOSTNAME_MISMATCH':
      return `${cannot}: the server's certificate is for another name. Write the host into the URL as its certificate has it.`;
    case '28000':
      return `${cannot}: the server does not let this user in from here. Check the user in the URL and the server's pg_hba.conf.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `${cannot}: its host name is not known. Correct the host in the URL, or see why it is not resolved.`;
    case 'ECONNREFUSED':
    case 'ENOENT':
      return `${cannot}: nothing accepts connections there. Check host and port in the URL, and that PostgreSQL runs.`;
    case '26000':
    case '42P05':
      return `${cannot}: a pooler before it gives out connections by transaction. Set 'pooler: true' in 'storage', and 'listenUrl' to the address of the database itself.`;
    case '53300':
      return `${cannot}: the server has no connection left. Raise max_connections, run fewer workers, or put a pooler before it.`;
    case '57014':
      return `${cannot} just now: a statement took longer than its limit and was cancelled. See what slows the server; it is tried again.`;
    default:
      if (tlsCodes.test(what))
        return `${cannot}: the server's certificate is not trusted, or TLS failed. Name the certificate of who has issued it: sslmode=verify-full&sslrootcert=FILE in the URL, or NODE_EXTRA_CA_CERTS.`;
      return what.startsWith('40') || what === '55P03'
        ? `${cannot} just now: others were writing the same rows. It may be tried again.`
        : `${cannot} just now. Check that PostgreSQL runs and can be reached; what is lost is tried again.`;
  }
}

function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null || !('code' in error)) return null;
  return typeof error.code === 'string' ? error.code : null;
}

/** Of several addresses that were tried, Node's error has the reasons inside and no message of its own. */
function messageOf(error: unknown): string {
  const own = errorMessage(error);
  if (!(error instanceof AggregateError)) return own;
  return [own, ...error.errors.map((each) => errorMessage(each))].filter((text) => text !== '').join('; ');
}
