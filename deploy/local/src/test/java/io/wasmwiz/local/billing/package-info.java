/** What billing rests on, proven on executors and metering together: real processes, PostgreSQL, log and sandbox. */
@NullMarked
package io.wasmwiz.local.billing;

import org.jspecify.annotations.NullMarked;
