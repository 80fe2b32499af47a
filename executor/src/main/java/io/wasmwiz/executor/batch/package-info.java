/**
 * Batches: many items through one stream. Knows the pipeline and who calls; neither gRPC nor how items are told.
 *
 * <p>{@link io.wasmwiz.executor.batch.BatchStream} is the story of one stream, {@link io.wasmwiz.executor.batch.Batches}
 * what all of them share.
 */
@NullMarked
package io.wasmwiz.executor.batch;

import org.jspecify.annotations.NullMarked;
