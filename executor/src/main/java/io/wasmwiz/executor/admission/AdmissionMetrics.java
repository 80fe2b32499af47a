package io.wasmwiz.executor.admission;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Admissions by outcome; no accounts, which would be series without bound. Thread-safe. */
final class AdmissionMetrics {
    private final Counter admitted;
    private final Counter minuteSpent;
    private final Counter daySpent;
    private final Counter keySpent;
    private final Counter concurrencySpent;
    private final Counter overloaded;
    private final Counter unavailable;

    AdmissionMetrics(MeterRegistry metrics) {
        admitted = counter(metrics, "admitted");
        minuteSpent = counter(metrics, "minute_quota_spent");
        daySpent = counter(metrics, "daily_quota_spent");
        keySpent = counter(metrics, "key_quota_spent");
        concurrencySpent = counter(metrics, "concurrency_spent");
        overloaded = counter(metrics, "overloaded");
        unavailable = counter(metrics, "unavailable");
    }

    void count(Admission admission) {
        of(admission).increment();
    }

    private Counter of(Admission admission) {
        if (admission instanceof Admission.Admitted) {
            return admitted;
        }
        if (admission instanceof Admission.MinuteQuotaSpent) {
            return minuteSpent;
        }
        if (admission instanceof Admission.DailyQuotaSpent) {
            return daySpent;
        }
        if (admission instanceof Admission.KeyQuotaSpent) {
            return keySpent;
        }
        if (admission instanceof Admission.ConcurrencySpent) {
            return concurrencySpent;
        }
        return admission instanceof Admission.Overloaded ? overloaded : unavailable;
    }

    private static Counter counter(MeterRegistry metrics, String outcome) {
        return Counter.builder("wasmwiz.admissions")
                .description("Calls by whether they were admitted")
                .tag("outcome", outcome)
                .register(metrics);
    }
}
