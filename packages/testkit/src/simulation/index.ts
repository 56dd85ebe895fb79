// The deterministic simulation: both agents, their links, sites, disks and the core, in one process.

export { type Dice, seededDice } from "../fake-site/dice.ts";
export type { CourseOptions } from "./course.ts";
export { MemoryDisk } from "./disk.ts";
export { type Fate, Killed, Life, longLife } from "./life.ts";
export { memoryFiles } from "./memory-files.ts";
export { simulate, type SimulationFailure } from "./simulate.ts";
