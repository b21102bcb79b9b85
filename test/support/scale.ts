/** How much more than usual the suites that can be scaled do: `npm run test:long` sets it. */
export const scale = Number(process.env['TASKER_TEST_SCALE'] ?? 1);
