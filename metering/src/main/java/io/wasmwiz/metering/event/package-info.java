/** Records of the event log as checked values. Knows the event messages; knows neither Kafka nor SQL. */
@NullMarked
package io.wasmwiz.metering.event;

import org.jspecify.annotations.NullMarked;
