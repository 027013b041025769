/** A hook at every line of a write where a process may be frozen or killed; tests stand there, nobody else. */

export type OnStep = (step: string) => void | Promise<void>;

export const noSteps: OnStep = () => undefined;
