/** The controller double's door. */

export { type ControllerOptions, type LabController, startController } from './controller.ts';
export type { Pod } from './engine.ts';
export { sweep } from './engine-docker.ts';
export { type FakePlugin, installFake, print, reply, writeFake } from './fake-plugin.ts';
export type { ApplyResult, Block, LabEvent, Manifest, VdResult } from './types.ts';
