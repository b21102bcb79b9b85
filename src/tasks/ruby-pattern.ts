/**
 * A regular expression as a template's schema writes it. Ruby anchors the whole text with `\A` and `\z`, and takes
 * classes that the `u` flag refuses; both must keep working.
 *
 * @throws SyntaxError when it is a pattern in neither language.
 */
export function rubyPattern(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return new RegExp(
      pattern
        .replace(/\\A/g, '^')
        .replace(/\\[zZ]/g, '$')
        .replace(/\\h/g, '[0-9a-fA-F]'),
    );
  }
}
