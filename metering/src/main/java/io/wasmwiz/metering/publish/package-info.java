/** Writes records to the event log. Knows Kafka; knows neither SQL nor what a record means. */
@NullMarked
package io.wasmwiz.metering.publish;

import org.jspecify.annotations.NullMarked;
