package io.wasmwiz.executor.export;

import java.time.Instant;
import java.util.Optional;

/**
 * A message of an export.
 *
 * @param rows executions, as the encoded field {@code rows} of an {@code ExportUsageResponse}; may be empty
 * @param resumeToken resumes behind it
 * @param completeBefore the watermark, with which the stream has everything of one instant
 */
public record ExportMessage(byte[] rows, String resumeToken, Optional<Instant> completeBefore) {}
