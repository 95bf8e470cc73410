/**
 * What an actor has seen of one sender, who numbers what it sends: 1, 2, 3, … What is lost, doubled or overtaken leaves a
 * number here; as long as nothing is wrong, a tally stays small, however much it has seen.
 */
export interface Tally {
  count: number;
  /** The highest number. */
  last: number;
  /** Numbers that were passed over. */
  missing: number[];
  /** Numbers that came after a higher one. */
  late: number[];
  doubled: number[];
}

/** Of each kind; an actor whose state grows without bound would fail in another way, and hide why. */
const MAX_NOTED = 100;

export function newTally(): Tally {
  return { count: 0, last: 0, missing: [], late: [], doubled: [] };
}

export function note(tally: Tally, number: number): void {
  tally.count++;
  if (number > tally.last) {
    for (let passed = tally.last + 1; passed < number; passed++) add(tally.missing, passed);
    tally.last = number;
  } else if (tally.missing.includes(number)) {
    tally.missing = tally.missing.filter((missing) => missing !== number);
    add(tally.late, number);
  } else {
    add(tally.doubled, number);
  }
}

function add(numbers: number[], number: number): void {
  if (numbers.length < MAX_NOTED) numbers.push(number);
}
