package io.wasmwiz.cli.run;

import io.wasmwiz.cli.failure.CommandFailure;
import io.wasmwiz.cli.failure.ExitCode;
import io.wasmwiz.cli.text.Printable;
import io.wasmwiz.v1.Value;
import java.util.Locale;

/**
 * Numbers of a call as text, {@code TYPE:NUMBER}: {@code i32:-7}, {@code i64:0xff}, {@code f32:0.5}, {@code f64:inf}. The
 * bits of a NaN other than the usual one follow as {@code nan:0x7fa00001}. What {@link #print} writes, {@link #parse} reads.
 */
final class Values {
    private static final String NAN_BITS = "nan:0x";
    private static final int USUAL_NAN_32 = 0x7fc0_0000;
    private static final long USUAL_NAN_64 = 0x7ff8_0000_0000_0000L;

    private Values() {}

    static Value parse(String text) {
        int colon = text.indexOf(':');
        String number = text.substring(colon + 1).toLowerCase(Locale.ROOT);
        try {
            return switch (colon < 0 ? "" : text.substring(0, colon)) {
                case "i32" -> Value.newBuilder().setI32(parseI32(number)).build();
                case "i64" -> Value.newBuilder().setI64(parseI64(number)).build();
                case "f32" -> Value.newBuilder().setF32(parseF32(number)).build();
                case "f64" -> Value.newBuilder().setF64(parseF64(number)).build();
                default -> throw new NumberFormatException("no type");
            };
        } catch (NumberFormatException e) {
            throw new CommandFailure(
                    ExitCode.USAGE,
                    "--value takes TYPE:NUMBER with a type of i32, i64, f32 and f64 and a number that fits,"
                            + " for example i32:-7, i64:0xff, f32:0.5 or f64:nan, not '" + Printable.line(text) + "'");
        }
    }

    /** Signed or unsigned. */
    private static int parseI32(String number) {
        long value = Long.decode(number);
        if (value < Integer.MIN_VALUE || value > 0xffff_ffffL) {
            throw new NumberFormatException("beyond 32 bits");
        }
        return (int) value;
    }

    private static long parseI64(String number) {
        if (number.startsWith("0x")) {
            return Long.parseUnsignedLong(number.substring(2), 16);
        }
        return number.startsWith("-") ? Long.parseLong(number) : Long.parseUnsignedLong(number);
    }

    private static float parseF32(String number) {
        if (number.startsWith(NAN_BITS)) {
            float value = Float.intBitsToFloat(Integer.parseUnsignedInt(number.substring(NAN_BITS.length()), 16));
            requireNan(Float.isNaN(value));
            return value;
        }
        return switch (number) {
            case "nan" -> Float.NaN;
            case "inf" -> Float.POSITIVE_INFINITY;
            case "-inf" -> Float.NEGATIVE_INFINITY;
            default -> Float.parseFloat(number);
        };
    }

    private static double parseF64(String number) {
        if (number.startsWith(NAN_BITS)) {
            double value = Double.longBitsToDouble(Long.parseUnsignedLong(number.substring(NAN_BITS.length()), 16));
            requireNan(Double.isNaN(value));
            return value;
        }
        return switch (number) {
            case "nan" -> Double.NaN;
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            default -> Double.parseDouble(number);
        };
    }

    private static void requireNan(boolean isNan) {
        if (!isNan) {
            throw new NumberFormatException("not the bits of a NaN");
        }
    }

    static String print(Value value) {
        return switch (value.getNumberCase()) {
            case I32 -> "i32:" + value.getI32();
            case I64 -> "i64:" + value.getI64();
            case F32 -> "f32:" + print(value.getF32());
            case F64 -> "f64:" + print(value.getF64());
            case NUMBER_NOT_SET -> "none";
        };
    }

    private static String print(float number) {
        int bits = Float.floatToRawIntBits(number);
        if (Float.isNaN(number) && bits != USUAL_NAN_32) {
            return NAN_BITS + Integer.toHexString(bits);
        }
        return plain(number, Float.toString(number));
    }

    private static String print(double number) {
        long bits = Double.doubleToRawLongBits(number);
        if (Double.isNaN(number) && bits != USUAL_NAN_64) {
            return NAN_BITS + Long.toHexString(bits);
        }
        return plain(number, Double.toString(number));
    }

    private static String plain(double number, String text) {
        if (Double.isNaN(number)) {
            return "nan";
        }
        return Double.isInfinite(number) ? (number < 0 ? "-inf" : "inf") : text;
    }
}
