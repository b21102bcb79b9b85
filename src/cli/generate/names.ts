import { UsageError } from '../usage-error.ts';

/** One name in the spellings that files, templates and code have. */
export interface Names {
  /** `charge_card`: in templates. */
  readonly snake: string;
  /** `charge-card`: of files. */
  readonly kebab: string;
  /** `chargeCard` */
  readonly camel: string;
  /** `ChargeCard` */
  readonly pascal: string;
}

/** Reads `charge_card`, `charge-card`, `ChargeCard` and `chargeCard` as the same name. */
export function readNames(text: string): Names {
  const words = text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[\s_-]+/)
    .filter((word) => word !== '');
  const snake = words.join('_');
  if (!/^[a-z][a-z0-9_]*$/.test(snake) || snake.length > 64) {
    throw new UsageError(`expected a name of letters, digits, '-' and '_', got '${text}'`, [
      "for example 'charge_card', at most 64 characters, a letter first",
    ]);
  }
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return { snake, kebab: words.join('-'), camel: pascal.charAt(0).toLowerCase() + pascal.slice(1), pascal };
}

/** With the kind at its end, as exports are called: no name is a reserved word then. */
export function exportName({ camel }: Names, kind: 'Task' | 'Step' | 'Subscriber'): string {
  return camel.endsWith(kind) ? camel : `${camel}${kind}`;
}
