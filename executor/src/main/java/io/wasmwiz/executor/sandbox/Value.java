package io.wasmwiz.executor.sandbox;

/**
 * A number that goes into a guest's function or comes out of it. Two are equal when their bits are, so NaNs keep theirs.
 *
 * @param type what the bits mean
 * @param bits the number's bits, those of a 32-bit type in the lower half; what such a type has in the upper half is cut
 */
public record Value(ValueType type, long bits) {
    private static final long LOWER_HALF = 0xffff_ffffL;

    public Value {
        if (type == ValueType.I32 || type == ValueType.F32) {
            bits &= LOWER_HALF;
        }
    }

    public static Value i32(int number) {
        return new Value(ValueType.I32, number);
    }

    public static Value i64(long number) {
        return new Value(ValueType.I64, number);
    }

    public static Value f32(float number) {
        return new Value(ValueType.F32, Float.floatToRawIntBits(number));
    }

    public static Value f64(double number) {
        return new Value(ValueType.F64, Double.doubleToRawLongBits(number));
    }
}
