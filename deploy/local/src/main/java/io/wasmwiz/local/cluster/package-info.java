/** The real topology on one machine: every component a process of its own, watched and restartable one by one. */
@NullMarked
package io.wasmwiz.local.cluster;

import org.jspecify.annotations.NullMarked;
