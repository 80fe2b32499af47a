package io.wasmwiz.executor.wasm;

import static org.assertj.core.api.Assertions.assertThat;

import io.wasmwiz.executor.modules.ModuleInspection;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the author of a malformed module reads, one rule of the core specification a row. */
class MalformedModulesTest {
    /** Contents of the sections of a good module, in hex by id: types () and (i32), one function, {@code _start}. */
    private static final Map<Integer, String> GOOD = Map.of(
            1, "02 600000 60017f00",
            3, "01 00",
            7, "01 065f7374617274 00 00",
            10, "01 02 00 0b");

    private static final String ORDER = "\1\2\3\4\5\6\7\10\11\14\12\13";

    private final ModulePolicy policy = new ModulePolicy(ModulePolicyConfig.DEFAULTS);

    @Test
    void startsFromAGoodModule() {
        assertThat(policy.inspect(module(GOOD))).isInstanceOf(ModuleInspection.Accepted.class);
    }

    /** Sections replace those of the good module; {@code 10=} takes the code of the body alone. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                // Types, functions, code.
                "1=02 600000 40 | form 64",
                "3=01 02 | type 2 does not exist; there are 2",
                "3=02 00 00 | 2 functions are declared and 1 have a body",
                "3=00;7=00;10:=02 02 00 0b 02 00 0b | 0 functions are declared and 2 have a body",
                // Tables and memories.
                "4=01 7f 00 01 | type 0x7f",
                "4=01 70 01 05 04 | minimum above its maximum: 5 above 4",
                "4=01 70 09 05 | unknown flags 9",
                "5=01 00 818004 | size of 65537; at most 65536",
                "5=01 01 01 818004 | size of 65537; at most 65536",
                "5=01 01 02 01 | minimum above its maximum: 2 above 1",
                // Globals and constant expressions.
                "6=01 7f 02 41 00 0b | neither constant nor mutable",
                "6=01 7f 00 42 00 0b | gives an i64 where an i32",
                "6=01 7f 00 41 00 41 00 0b | 2 instructions; it must have 1",
                "6=01 7f 00 0b | 0 instructions; it must have 1",
                "6=02 7f 00 41 00 0b 7f 00 23 00 0b | reads a global",
                "6=01 7f 00 01 0b | not constant",
                "6=01 70 00 d2 05 0b | function 5 does not exist",
                "6=01 70 00 d0 6f 0b | gives an externref where an funcref",
                // Exports and start.
                "7=02 065f7374617274 00 00 065f7374617274 00 00 | occurs twice",
                "7=01 01 ff 00 00 | not UTF-8",
                "7=01 01 61 05 00 | unknown kind 5",
                "7=01 01 61 00 01 | function 1 does not exist; there are 1",
                "7=01 01 61 01 00 | table 0 does not exist; there are 0",
                "7=01 01 61 02 00 | memory 0 does not exist; there are 0",
                "7=01 01 61 03 00 | global 0 does not exist; there are 0",
                "8=01 | function 1 does not exist",
                "8=00;3=01 01 | start section names a function of type (i32) -> ()",
                // Element segments.
                "9=01 08 | unknown flags 8",
                "9=01 00 41 00 0b 00 | fills table 0, and the module has no table",
                "4=01 70 00 01;9=01 02 01 41 00 0b 00 00 | table 1 does not exist",
                "4=01 70 00 01;9=01 00 42 00 0b 00 | gives an i64 where an i32",
                "4=01 70 00 01;9=01 00 41 00 0b 01 07 | function 7 does not exist",
                "4=01 6f 00 01;9=01 00 41 00 0b 01 00 | type funcref fills a table of externref",
                "9=01 01 01 00 | unknown kind",
                "9=01 05 6f 01 d2 00 0b | gives an funcref where an externref",
                // Data segments.
                "11=01 03 | unknown flags 3",
                "11=01 00 41 00 0b 00 | fills memory 0, and the module has no memory",
                "5=01 00 01;11=01 02 01 41 00 0b 00 | memory 1 does not exist",
                "5=01 00 01;11=01 00 44 0000000000000000 0b 00 | gives an f64 where an i32",
                "12=01 | 1 data segments are announced and 0 are there",
                "12=00;11=01 01 00 | 0 data segments are announced and 1 are there",
                // Bodies.
                "10=00 20 00 1a 0b | local 0 does not exist; there are 0",
                "10=01 02 7f 20 02 1a 0b | local 2 does not exist; there are 2",
                "10=00 41 00 28 02 00 1a 0b | the module has none",
                "10=00 3f 00 1a 0b | the module has none",
                "10=00 41 00 40 00 1a 0b | the module has none",
                "10=00 41 00 41 00 41 00 fc 0b 00 0b | the module has none",
                "5=01 00 01;10=00 41 00 28 03 00 1a 0b | aligned to 2^3 bytes; at most 2^2",
                "5=01 00 01;10=00 41 00 2d 01 00 1a 0b | aligned to 2^1 bytes; at most 2^0",
                "10=00 41 00 25 00 1a 0b | table 0 does not exist",
                "10=00 41 00 11 00 00 0b | table 0 does not exist",
                "4=01 6f 00 01;10=00 41 00 11 00 00 0b | holds externref; it must hold funcref",
                "10=00 41 00 11 02 00 0b | type 2 does not exist",
                "10=00 05 0b | else that belongs to no if",
                "10=00 02 40 05 0b 0b | else that belongs to no if",
                "10=00 41 00 04 40 05 05 0b 0b | else that belongs to no if",
                "6=01 7f 00 41 00 0b;10=00 41 00 24 00 0b | a global that is constant is set",
                "3=02 00 00;10:=02 04 00 d2 01 0b 02 00 0b | function 1 is taken, which no export",
                "10=00 1c 02 7f 7f 0b | select has 2 types",
                "5=01 00 01;10=00 fc 09 00 0b | needs a data count section",
                "5=01 00 01;11=01 01 00;12=01;10=00 fc 09 01 0b | data segment 1 does not exist",
                "10=00 fc 0d 00 0b | element segment 0 does not exist",
                "4=02 70 00 01 6f 00 01;10=00 fc 0e 00 01 0b | type externref cannot go where funcref",
                "10=00 0e 01 00 02 0b | label 2 does not exist",
                "10=00 0e ffffffff07 00 0b | at most",
                "10=00 02 07 0b 0b | type 7 does not exist",
                "10=00 41 8080808080 00 1a 0b | 32 bits",
                "10=00 02 40 0b | in the middle",
            })
    void saysWhatIsWrongAndWhere(String sections, String words) {
        var contents = new TreeMap<>(GOOD);
        for (String section : sections.split(";")) {
            String[] parts = section.split(":?=", 2);
            int id = Integer.parseInt(parts[0]);
            boolean body = id == 10 && !section.contains(":=");
            contents.put(id, body ? "01 " + size(parts[1]) + parts[1] : parts[1]);
        }

        assertThat(policy.inspect(module(contents))).isInstanceOfSatisfying(ModuleInspection.Refused.class, no -> {
            assertThat(no.reason()).isIn("MODULE_MALFORMED", "MODULE_TOO_COMPLEX");
            assertThat(no.message()).contains(words);
            assertThat(no.figures()).containsKey("offset");
            assertThat(no.message()).contains("byte " + no.figures().get("offset"));
        });
    }

    @Test
    void givesTheFiguresOfABound() {
        var locals = new TreeMap<>(GOOD);
        locals.put(10, "01 06 01 d18603 7f 0b");

        assertThat(policy.inspect(module(locals)))
                .isInstanceOfSatisfying(
                        ModuleInspection.Refused.class,
                        no -> assertThat(no.figures())
                                .containsEntry("limit", "50000")
                                .containsEntry("actual", "50001")
                                .containsEntry("function", "0"));
    }

    private static byte[] module(Map<Integer, String> contents) {
        var hex = new StringBuilder("0061736d01000000");
        for (char id : ORDER.toCharArray()) {
            String content = contents.get((int) id);
            if (content != null) {
                hex.append("%02x".formatted((int) id)).append(size(content)).append(content);
            }
        }
        return HexFormat.of().parseHex(hex.toString().replace(" ", ""));
    }

    private static String size(String hex) {
        int bytes = hex.replace(" ", "").length() / 2;
        assertThat(bytes).isLessThan(128);
        return "%02x".formatted(bytes);
    }
}
