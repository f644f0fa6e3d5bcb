/** Looks a word up that came from elsewhere: "constructor" is in every object, and in none of our tables. */
export const own = <T>(table: Readonly<Record<string, T>>, key: string): T | undefined => (Object.hasOwn(table, key) ? table[key] : undefined);
