export interface Token {
  readonly kind: 'word' | 'number' | 'string' | 'regex' | 'punctuation';
  /** Of a string or a piece of a template: what stands between its quotes. */
  readonly text: string;
  readonly line: number;
}

export class UnreadableSourceError extends Error {
  override readonly name = 'UnreadableSourceError';
}

const wordStart = /[\p{ID_Start}$_#@]/u;
const wordPart = /[\p{ID_Continue}$\u200c\u200d]/u;
const operandWords = new Set(['this', 'super', 'null', 'true', 'false', 'undefined']);
const operatorWords = /^(?:return|typeof|instanceof|in|of|new|delete|void|throw|case|do|else|await|yield)$/;

/**
 * Source text to tokens, comments left out and the code inside template strings kept. It reads what the handlers
 * are written in, and throws at whatever it could misread: a scan may refuse good code, but must not pass bad.
 */
export function tokenise(source: string): Token[] {
  return new Tokeniser(source).read();
}

class Tokeniser {
  readonly #source: string;
  readonly #tokens: Token[] = [];
  /** For each open brace: whether it closes back into a template string. */
  readonly #braces: ('code' | 'template')[] = [];
  #at = 0;
  #line = 1;

  constructor(source: string) {
    this.#source = source;
  }

  read(): Token[] {
    while (this.#at < this.#source.length) this.#next();
    if (this.#braces.length > 0) throw this.#unreadable('a brace that is not closed');
    return this.#tokens;
  }

  #next(): void {
    const char = this.#source.charAt(this.#at);
    if (/\s/.test(char)) this.#take(1);
    else if (this.#source.startsWith('//', this.#at)) this.#take(this.#lengthUntil('\n', 2));
    else if (this.#source.startsWith('/*', this.#at)) this.#take(this.#lengthUntil('*/', 2) + 2);
    else if (char === "'" || char === '"') this.#string(char);
    else if (char === '`') this.#template(1);
    else if (char === '/') this.#slash();
    else if (/\d/.test(char)) this.#push('number', this.#run(/[\w.]/));
    else if (wordStart.test(char)) this.#push('word', this.#run(wordPart, 1));
    else if (char === '\\') throw this.#unreadable('an escape in a name');
    else this.#punctuation(char);
  }

  #punctuation(char: string): void {
    if (char === '{') this.#braces.push('code');
    if (char === '}') {
      const opened = this.#braces.pop();
      if (opened === undefined) throw this.#unreadable('a brace that was not opened');
      if (opened === 'template') return this.#template(1);
    }
    this.#push('punctuation', char);
  }

  #string(quote: string): void {
    const end = this.#closing(quote, this.#at + 1);
    const text = this.#source.slice(this.#at + 1, end);
    if (text.includes('\n')) throw this.#unreadable('a string that is not closed');
    this.#push('string', text, 2);
  }

  /** A piece of a template, from its opening back-tick or from the brace that ends an expression in it. */
  #template(skip: number): void {
    const start = this.#at + skip;
    for (let at = start; at < this.#source.length; at += 1) {
      if (this.#source.charAt(at) === '\\') at += 1;
      else if (this.#source.charAt(at) === '`') return this.#push('string', this.#source.slice(start, at), skip + 1);
      else if (this.#source.startsWith('${', at)) {
        this.#braces.push('template');
        return this.#push('string', this.#source.slice(start, at), skip + 2);
      }
    }
    throw this.#unreadable('a template that is not closed');
  }

  #slash(): void {
    const before = this.#tokens.at(-1);
    // After a brace it may be either, depending on what the brace closed.
    if (before?.kind === 'punctuation' && before.text === '}') throw this.#unreadable('a slash after a brace');
    if (isOperand(before)) return this.#push('punctuation', '/');

    let inClass = false;
    for (let at = this.#at + 1; at < this.#source.length; at += 1) {
      const char = this.#source.charAt(at);
      if (char === '\n') break;
      if (char === '\\') at += 1;
      else if (char === '[') inClass = true;
      else if (char === ']') inClass = false;
      else if (char === '/' && !inClass) return this.#push('regex', this.#source.slice(this.#at, at + 1));
    }
    throw this.#unreadable('a regular expression that is not closed');
  }

  #closing(quote: string, from: number): number {
    for (let at = from; at < this.#source.length; at += 1) {
      if (this.#source.charAt(at) === '\\') at += 1;
      else if (this.#source.charAt(at) === quote) return at;
    }
    throw this.#unreadable('a string that is not closed');
  }

  #run(part: RegExp, from = 0): string {
    let end = this.#at + from;
    while (end < this.#source.length && part.test(this.#source.charAt(end))) end += 1;
    return this.#source.slice(this.#at, end);
  }

  #lengthUntil(end: string, from: number): number {
    const found = this.#source.indexOf(end, this.#at + from);
    return (found === -1 ? this.#source.length : found) - this.#at;
  }

  #push(kind: Token['kind'], text: string, around = 0): void {
    this.#tokens.push({ kind, text, line: this.#line });
    this.#take(text.length + around);
  }

  #take(length: number): void {
    for (let end = this.#at + length; this.#at < end; this.#at += 1) {
      if (this.#source.charAt(this.#at) === '\n') this.#line += 1;
    }
  }

  #unreadable(what: string): UnreadableSourceError {
    return new UnreadableSourceError(`Line ${this.#line}: ${what}; the scan can't be sure of what follows`);
  }
}

function isOperand(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (token.kind === 'punctuation') return token.text === ')' || token.text === ']';
  if (token.kind === 'word') return operandWords.has(token.text) || !operatorWords.test(token.text);
  return true;
}
