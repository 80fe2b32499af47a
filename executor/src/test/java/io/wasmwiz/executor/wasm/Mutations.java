package io.wasmwiz.executor.wasm;

import io.wasmwiz.executor.sandbox.Wat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** Damaged modules. */
public final class Mutations {
    /** Modules that hold every section and most kinds of instruction. */
    static final List<byte[]> WRITTEN = List.of(Wat.wasm("""
                    (module
                      (type $pair (func (result i32 i64)))
                      (import "wasi_snapshot_preview1" "fd_write" (func $w (param i32 i32 i32 i32) (result i32)))
                      (memory (export "memory") 1 4) (data (i32.const 8) "text") (data $d "passive")
                      (table $t 2 4 funcref) (table $x 1 externref)
                      (elem (table $t) (i32.const 0) func $_start) (elem $e func $_start $w)
                      (global $g (mut i64) (i64.const -5)) (global $f funcref (ref.func $w))
                      (func $init (drop (memory.grow (i32.const 1))))
                      (func $_start (export "_start") (local i32 i64 f32 f64)
                        (block (type $pair) (i32.const -1) (i64.const -1)) drop drop
                        (loop (br_if 0 (i32.const 0)))
                        (if (i32.const 1) (then (call $init)) (else (unreachable)))
                        (call_indirect $t (type 1) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1)) drop
                        (global.set $g (i64.add (global.get $g) (i64.extend_i32_u (memory.size))))
                        (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)) (data.drop $d)
                        (memory.copy (i32.const 0) (i32.const 1) (i32.const 1))
                        (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1)) (elem.drop $e)
                        (drop (select (result funcref) (global.get $f) (ref.null func) (memory.grow (i32.const 1))))
                        (drop (f64.convert_i64_s (i64.trunc_sat_f32_u (f32.const 1.5))))
                        (br_table 0 0 (ref.is_null (table.get $t (i32.const 0)))))
                      (start $init))
                    """), Wat.command("""
                    (i32.store (i32.const 0) (i32.const 16)) (i32.store (i32.const 4) (i32.const 100))
                    (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8)))
                    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
                    """));

    private static final List<byte[]> SEEDS = Stream.concat(
                    WRITTEN.stream(),
                    Stream.of("hello", "upper", "exit3", "eat-memory").map(Mutations::sample))
            .toList();

    /** Encodings at the edges of what fits. */
    private static final List<byte[]> EDGES = List.of(
            new byte[] {0},
            new byte[] {0x7f},
            new byte[] {(byte) 0x80, 0},
            new byte[] {(byte) 0x80, 0x01},
            new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x0f},
            new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x07},
            new byte[] {(byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, 0x78},
            new byte[] {(byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, (byte) 0xff, 0x01});

    /** One of the programs that the repository ships. */
    private static byte[] sample(String name) {
        try {
            return Files.readAllBytes(Path.of("..", "deploy", "samples", name + ".wasm"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A seed with one to four bytes changed, removed, added or repeated. */
    public static byte[] mutant(Random random) {
        byte[] bytes = SEEDS.get(random.nextInt(SEEDS.size())).clone();
        for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
            int at = random.nextInt(bytes.length);
            switch (random.nextInt(7)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> bytes = without(bytes, at, 1 + random.nextInt(3));
                case 3 -> bytes = with(bytes, at, (byte) random.nextInt());
                case 4 -> bytes = withEdge(bytes, at, EDGES.get(random.nextInt(EDGES.size())));
                case 5 -> bytes = withInstruction(bytes, at, random);
                default -> bytes = with(bytes, at, bytes[random.nextInt(bytes.length)]);
            }
        }
        return bytes;
    }

    private static byte[] without(byte[] bytes, int at, int count) {
        int end = Math.min(bytes.length, at + count);
        byte[] shorter = Arrays.copyOf(bytes, Math.max(1, bytes.length - (end - at)));
        System.arraycopy(bytes, end, shorter, at, Math.max(0, Math.min(bytes.length - end, shorter.length - at)));
        return shorter;
    }

    /** In place of one byte. */
    private static byte[] withEdge(byte[] bytes, int at, byte[] edge) {
        byte[] changed = Arrays.copyOf(bytes, bytes.length + edge.length - 1);
        System.arraycopy(bytes, at + 1, changed, at + edge.length, bytes.length - at - 1);
        System.arraycopy(edge, 0, changed, at, edge.length);
        return changed;
    }

    /** Any instruction in place of what stands there, immediates and sizes untouched. */
    private static byte[] withInstruction(byte[] bytes, int at, Random random) {
        bytes[at] = (byte) random.nextInt(0xd3);
        return bytes;
    }

    private static byte[] with(byte[] bytes, int at, byte added) {
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
        System.arraycopy(bytes, at, longer, at + 1, bytes.length - at);
        longer[at] = added;
        return longer;
    }

    private Mutations() {}
}
