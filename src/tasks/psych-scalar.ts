/**
 * The value of an unquoted YAML scalar, as Ruby's Psych (`ScalarScanner`) reads it, since that is what Tasker's files
 * were written for. Deliberate differences, because a template is JSON in the end:
 * a symbol (`:gold`) is the string `gold`, which is what Ruby's own `to_json` makes of it;
 * a date or time stays the text it is, where Psych's safe load raises;
 * digits that Ruby's `Integer()` refuses, as in `0x_`, stay the text they are, where Psych raises.
 */
export function readPlainScalar(text: string): string | number | boolean | null {
  if (text === '' || /^(?:~|null)$/i.test(text)) return null;
  // Bare y and n stay strings in Psych, unlike in YAML 1.1.
  if (/^(?:yes|true|on)$/i.test(text)) return true;
  if (/^(?:no|false|off)$/i.test(text)) return false;
  if (/^:./.test(text)) return readSymbol(text);
  return readNumber(text) ?? text;
}

function readSymbol(text: string): string {
  const quoted = /^:(["'])(.*)\1$/s.exec(text);
  return quoted?.[2] ?? text.slice(1);
}

function readNumber(text: string): number | undefined {
  if (/^\+?\.inf$/i.test(text)) return Infinity;
  if (/^-\.inf$/i.test(text)) return -Infinity;
  if (/^\.nan$/i.test(text)) return Number.NaN;
  if (/^[-+]?\d[\d_]*(?::[0-5]?\d){1,2}(?:\.[\d_]*)?$/.test(text)) return readBase60(text);
  if (/^[-+]?(?=\.?\d)(?:\d[\d_,]*)?\.\d*(?:[eE][-+]\d+)?$/.test(text)) return Number(plainDigits(text));
  // `0o17` and `0X1F` are strings in Psych, unlike in YAML 1.2.
  const based = /^([-+]?)0(b[01_,]+|x[\da-fA-F_,]+|[0-7_,]+)$/.exec(text);
  if (based !== null) return readBased(based[1] ?? '', plainDigits(based[2] ?? ''));
  if (/^[-+]?(?:0|[1-9](?:\d|[,_]\d)*)$/.test(text)) return Number(plainDigits(text));
  return undefined;
}

/**
 * Psych weighs the parts by their distance from the third, so `1:30` is 5400, hours and minutes, and not the 90
 * seconds of the YAML 1.1 document. Kept: a file must mean here what it meant there.
 */
function readBase60(text: string): number {
  return text
    .split(':')
    .map((part) => Number(plainDigits(part)))
    .reduce((sum, part, index) => sum + part * 60 ** Math.abs(index - 2), 0);
}

function readBased(sign: string, digits: string): number | undefined {
  const value = Number(/^[bx]/.test(digits) ? `0${digits}` : `0o${digits}`);
  if (Number.isNaN(value)) return undefined;
  return sign === '-' ? -value : value;
}

function plainDigits(text: string): string {
  return text.replace(/[,_]/g, '');
}
