/** The durable record of what ran, in Kafka. The only importer of kafka-clients and of the event messages. */
@NullMarked
package io.wasmwiz.executor.events;

import org.jspecify.annotations.NullMarked;
