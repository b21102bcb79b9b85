/** How much more than usual the suites that can be scaled do: `npm run test:long` sets it. */
export const scale = Number(process.env['TASKER_TEST_SCALE'] ?? 1);

/** Of a property whose histories each run engines of their own: a third in the short form, what it scales to in the long. */
export function propertyRuns(usual: number): number {
  return scale > 1 ? usual * scale : Math.ceil(usual / 3);
}
