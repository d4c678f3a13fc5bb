// What a step ends with.

export const OK = "ok";
export const FAILED = "failed";
export const OPEN = "open"; // could not be checked
