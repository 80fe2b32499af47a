package io.wasmwiz.executor.wasm;

import java.util.Arrays;

/** Ints that grow at their end. Not thread-safe. */
final class IntVector {
    private int[] values = new int[8];
    private int size;

    int size() {
        return size;
    }

    int get(int index) {
        if (index >= size) {
            throw new IndexOutOfBoundsException(index);
        }
        return values[index];
    }

    /** The {@code depth}th from the end, 0 being the last. */
    int fromEnd(int depth) {
        return get(size - 1 - depth);
    }

    void add(int value) {
        if (size == values.length) {
            values = Arrays.copyOf(values, size * 2);
        }
        values[size++] = value;
    }

    void removeLast() {
        if (size == 0) {
            throw new IndexOutOfBoundsException(0);
        }
        size--;
    }

    void clear() {
        size = 0;
    }

    int[] toArray() {
        return Arrays.copyOf(values, size);
    }
}
