import type { StepContext } from './handler.ts';
import type { Jsonified } from './jsonified.ts';
import type { StepDefinitionInput, StepOverrides } from './task-definition.ts';

/** What is known of a step that was added: what it returns, and which steps' results it sees itself. */
interface KnownStep {
  readonly returns: unknown;
  readonly sees: string;
  readonly mayBeSkipped: boolean;
}

/** The names a step may read when it depends on these: theirs, and those that they may read. */
type Seen<Known, Names extends keyof Known> = Names | (Known[Names] extends KnownStep ? Known[Names]['sees'] : never);

type Skippable<Known> = {
  [Name in keyof Known]: Known[Name] extends { mayBeSkipped: true } ? Name : never;
}[keyof Known];

/** A step that may be skipped may have no results. */
type ResultsOf<Known, Names> = {
  [Name in Exclude<Names, Skippable<Known>> & keyof Known]: ReturnsOf<Known[Name]>;
} & {
  [Name in Extract<Names, Skippable<Known>> & keyof Known]?: ReturnsOf<Known[Name]>;
};

type ReturnsOf<Step> = Step extends KnownStep ? Step['returns'] : never;

/** A step's keys, as in a list of `step_templates`; it depends on steps that were added before it. */
export interface TypedStep<
  Context,
  Known,
  Name extends string,
  One extends keyof Known & string,
  Many extends keyof Known & string,
  MayBeSkipped extends boolean,
  Returned,
> extends Omit<StepOverrides, 'name' | 'depends_on_step' | 'depends_on_steps' | 'skippable'> {
  readonly name: Name;
  readonly depends_on_step?: One;
  readonly depends_on_steps?: readonly Many[];
  /** May be bypassed or skipped, so that later steps may find no results of it. Default false. */
  readonly skippable?: MayBeSkipped;
  readonly handler: (context: StepContext<Context, ResultsOf<Known, Seen<Known, One | Many>>>) => Returned;
}

/** The steps of a task, one added after the other, so that the types of results follow the dependencies. Immutable. */
export class TaskSteps<Context, Known = object> {
  readonly #added: readonly StepDefinitionInput<Context, never>[];

  constructor(added: readonly StepDefinitionInput<Context, never>[] = []) {
    this.#added = added;
  }

  /**
   * The steps with one more. Its handler's `results` has the steps that it depends on, directly or not, each typed as
   * what its handler returns is after JSON has carried it. What an operator gives in place of a step's results is
   * not checked against these types.
   */
  step<
    const Name extends string,
    Returned,
    One extends keyof Known & string = never,
    Many extends keyof Known & string = never,
    MayBeSkipped extends boolean = false,
  >(
    step: TypedStep<Context, Known, Name, One, Many, MayBeSkipped, Returned>,
  ): TaskSteps<
    Context,
    Known & {
      readonly [Added in Name]: {
        readonly returns: Jsonified<Awaited<Returned>>;
        readonly sees: Seen<Known, One | Many> & string;
        readonly mayBeSkipped: MayBeSkipped;
      };
    }
  > {
    return new TaskSteps([...this.#added, step]);
  }

  /** As a list of `step_templates`. */
  get added(): readonly StepDefinitionInput<Context, never>[] {
    return this.#added;
  }
}
