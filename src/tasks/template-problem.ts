import { formatPath, type Path, type Position } from './template-node.ts';

export interface TemplateProblem {
  readonly severity: 'error' | 'warning';
  /** The file as it was named, or what stands for it: `defineTask(name)`. */
  readonly file: string;
  /** 1-based; 0 when the template was not read from a file. */
  readonly line: number;
  readonly column: number;
  /** `step_templates[1].handler_config.timeout_seconds`; empty for the template as a whole. */
  readonly path: string;
  readonly message: string;
  /** The environment whose overrides cause it; absent when it is there without any. */
  readonly environment?: string;
}

/** `file:line:column  error  path: message`: what editors and terminals turn into a link. */
export function formatProblem(problem: TemplateProblem): string {
  const where = problem.line === 0 ? problem.file : `${problem.file}:${problem.line}:${problem.column}`;
  const environment = problem.environment === undefined ? '' : ` (environment ${problem.environment})`;
  const path = problem.path === '' ? '' : `${problem.path}: `;
  return `${where}  ${problem.severity}  ${path}${problem.message}${environment}`;
}

/** Gathers what is wrong with one template. Strict: what would be a warning is an error. */
export class ProblemList {
  readonly all: TemplateProblem[] = [];
  readonly #file: string;
  readonly #strict: boolean;
  #doubtful = false;

  constructor(file: string, strict: boolean) {
    this.#file = file;
    this.#strict = strict;
  }

  get failed(): boolean {
    return this.all.some((problem) => problem.severity === 'error');
  }

  /** An error that is not only a warning taken strictly: what was read cannot be relied on for further checks. */
  get doubtful(): boolean {
    return this.#doubtful;
  }

  error(at: Position, path: Path, message: string): void {
    this.#doubtful = true;
    this.#add('error', at, path, message);
  }

  warning(at: Position, path: Path, message: string): void {
    this.#add(this.#strict ? 'error' : 'warning', at, path, message);
  }

  #add(severity: TemplateProblem['severity'], at: Position, path: Path, message: string): void {
    this.all.push({ severity, file: this.#file, line: at.line, column: at.column, path: formatPath(path), message });
  }
}
