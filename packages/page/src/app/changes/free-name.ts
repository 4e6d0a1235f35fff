/** Numbers that are tried for a free name. */
const mostNumbers = 200;

/** Names to try one after the other, where the name itself is taken. */
export function* numberedNames(name: string): Iterable<string> {
  for (let number = 2; number <= mostNumbers + 1; number += 1) yield numberedName(name, number);
}

/** Another name beside one that is taken: "a (2).txt". @param number from 2 on */
export function numberedName(name: string, number: number): string {
  // ".tar.gz" is one ending; a name that begins with a dot has none.
  const ending = /(?<=[^/])(?:\.tar)?\.[^./\s]{1,10}$/.exec(name)?.[0] ?? "";
  const stem = name.slice(0, name.length - ending.length);
  const counted = / \((\d+)\)$/.exec(stem);
  const plain = counted === null ? stem : stem.slice(0, counted.index);
  const start = counted === null ? 0 : Number(counted[1]) - 1;
  return `${plain} (${start + number})${ending}`;
}
