/** The PostgreSQL pool and the schema check. */
@NullMarked
package io.wasmwiz.service.database;

import org.jspecify.annotations.NullMarked;
