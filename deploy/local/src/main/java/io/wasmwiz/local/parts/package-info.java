/** What the stack in one JVM and the cluster of processes have in common. */
@NullMarked
package io.wasmwiz.local.parts;

import org.jspecify.annotations.NullMarked;
