import type { JsonValue } from '../shared/json.ts';

/** Left alone: also because `JsonValue` contains itself, so that going into it would never end. */
type AlreadyJson = string | number | boolean | null | readonly AlreadyJson[] | { readonly [key: string]: AlreadyJson };

type Absent = ((...given: never[]) => unknown) | symbol;

/** What a value is after JSON has carried it: a Date is text, a method is gone, nothing is null. */
export type Jsonified<T> = 0 extends 1 & T
  ? JsonValue
  : unknown extends T
    ? JsonValue
    : T extends AlreadyJson
      ? T
      : T extends undefined | void | Absent
        ? null
        : T extends { toJSON(): infer Told }
          ? Jsonified<Told>
          : T extends bigint
            ? never
            : T extends readonly unknown[]
              ? { [Index in keyof T]: Jsonified<T[Index]> }
              : JsonifiedObject<T>;

type JsonifiedObject<T> = Flat<
  { [Key in keyof T as Presence<T[Key], Key> extends 'always' ? Key : never]: Jsonified<T[Key]> } & {
    [Key in keyof T as Presence<T[Key], Key> extends 'sometimes' ? Key : never]?: Jsonified<
      Exclude<T[Key], undefined | Absent>
    >;
  }
>;

type Presence<Value, Key> = Key extends symbol
  ? 'never'
  : 0 extends 1 & Value
    ? 'always'
    : [Value] extends [undefined | Absent]
      ? 'never'
      : [Extract<Value, undefined | Absent>] extends [never]
        ? 'always'
        : 'sometimes';

type Flat<T> = { [Key in keyof T]: T[Key] };
