package io.wasmwiz.cli.connect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EndpointTest {
    @Test
    void readsHostAndPort() {
        assertThat(Endpoint.parse("example.com:8081")).isEqualTo(new Endpoint("example.com", 8081, false));
        assertThat(Endpoint.parse("http://example.com:8081/")).isEqualTo(new Endpoint("example.com", 8081, false));
        assertThat(Endpoint.parse("https://example.com")).isEqualTo(new Endpoint("example.com", 443, true));
        assertThat(Endpoint.parse("[::1]:8081")).isEqualTo(new Endpoint("::1", 8081, false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"https://example.com", "https://example.com:1", "example.com:65535", "[::1]:8081", "127.0.0.1:1"
            })
    void printsWhatItReads(String text) {
        assertThat(Endpoint.parse(Endpoint.parse(text).toString())).isEqualTo(Endpoint.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "example.com",
                "example.com:0",
                "example.com:65536",
                "a b:1",
                ":8081",
                "ftp://a:1",
                "a:1/path",
                "user@a:1",
                "::1:8081",
                "a:x",
                "https://"
            })
    void refusesEverythingElse(String text) {
        assertThatThrownBy(() -> Endpoint.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("host:port is expected");
    }
}
