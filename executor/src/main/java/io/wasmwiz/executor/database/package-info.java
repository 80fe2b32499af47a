/** What every class that reads PostgreSQL on behalf of a call shares: threads that may block. */
@NullMarked
package io.wasmwiz.executor.database;

import org.jspecify.annotations.NullMarked;
