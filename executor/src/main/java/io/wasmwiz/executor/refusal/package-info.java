/** What a caller can be refused for, as plain values. Knows the plain types of auth, admission and admin. */
@NullMarked
package io.wasmwiz.executor.refusal;

import org.jspecify.annotations.NullMarked;
