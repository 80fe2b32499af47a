/**
 * The queue before the sandboxes, which every runtime shares: bounded, fair between accounts, and without work that could
 * no longer start in time. Knows no engine and no process.
 *
 * <p>{@link io.wasmwiz.executor.sandbox.queue.FairQueue} decides and has no thread of its own;
 * {@link io.wasmwiz.executor.sandbox.queue.LateTasks} is the one thread that answers what nobody took in time.
 */
@NullMarked
package io.wasmwiz.executor.sandbox.queue;

import org.jspecify.annotations.NullMarked;
