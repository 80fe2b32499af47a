/** What every class that reads PostgreSQL on behalf of a call shares: whose rows it means, and what it logs of a failure. */
@NullMarked
package io.wasmwiz.executor.database;

import org.jspecify.annotations.NullMarked;
