/**
 * What the sandbox does on this machine, each figure beside its floor from the same run. Knows {@code sandbox} and the
 * floor of its engine.
 */
@NullMarked
package io.wasmwiz.executor.bench;

import org.jspecify.annotations.NullMarked;
