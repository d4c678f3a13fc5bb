// Why somebody could not sign: the name of the words for it, and what is filled into them.

export class Trouble extends Error {
  constructor(word, values = {}, cause = undefined) {
    super(word, { cause });
    this.word = word;
    this.values = values;
  }
}
