export const libFolder: string;
