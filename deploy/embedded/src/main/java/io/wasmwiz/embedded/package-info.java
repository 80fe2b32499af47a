/** A real PostgreSQL and a real Kafka without containers: for the local stack and for tests. */
@NullMarked
package io.wasmwiz.embedded;

import org.jspecify.annotations.NullMarked;
