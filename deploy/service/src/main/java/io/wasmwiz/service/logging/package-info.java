/** Logs: a constant message and its facts, readable on a terminal, JSON when asked. */
@NullMarked
package io.wasmwiz.service.logging;

import org.jspecify.annotations.NullMarked;
