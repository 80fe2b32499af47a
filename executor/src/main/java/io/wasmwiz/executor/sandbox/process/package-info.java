/**
 * The sandbox in processes of its own, so that a fault of the engine costs one run.
 *
 * <p>Reading order: {@link io.wasmwiz.executor.sandbox.process.ProcessSandbox} has code compiled by one pool of processes
 * and runs it in another; a {@code ProcessPool} decides what goes where, starts, stops and replaces; a
 * {@code SandboxProcess} is one child as the executor sees it; {@code Launcher} says what a child may do, {@code CodeCache}
 * what it may load. {@link io.wasmwiz.executor.sandbox.process.SandboxProcessMain} is the child's side.
 */
@NullMarked
package io.wasmwiz.executor.sandbox.process;

import org.jspecify.annotations.NullMarked;
