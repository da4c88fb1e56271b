/** The smallest event emitter: a listener that throws stops nobody else. */
export class Emitter {
  #listeners = new Map();

  on(event, listener) {
    const set = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, set);
    set.add(listener);
    return () => set.delete(listener);
  }

  has(event) {
    return (this.#listeners.get(event)?.size ?? 0) > 0;
  }

  emit(event, value) {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        listener(value);
      } catch (error) {
        // Reported where uncaught errors are, without breaking the read loop.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
