package io.wasmwiz.metering.store;

import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/** The PostgreSQL types of the arrays that set-based statements take. Days travel as days since 1970-01-01. */
final class SqlArrays {
    private SqlArrays() {}

    static void register(Jdbi jdbi) {
        jdbi.registerArrayType(UUID.class, "uuid")
                .registerArrayType(String.class, "text")
                .registerArrayType(Long.class, "int8")
                .registerArrayType(Integer.class, "int4")
                .registerArrayType(Boolean.class, "bool");
    }
}
