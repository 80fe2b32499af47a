/** JUnit extensions that give tests a real PostgreSQL with our schema and a real Kafka. */
@NullMarked
package io.wasmwiz.testing;

import org.jspecify.annotations.NullMarked;
