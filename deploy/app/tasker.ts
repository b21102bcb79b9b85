// The door to the engine: in a project of your own, and in the image, it is 'tasker'.
export { alertmanagerSinks, createTasker, defineConfig, isTaskerError } from '../../src/index.ts';
