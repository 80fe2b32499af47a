package io.wasmwiz.cli.connect;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Carries the bytes of connections until it falls silent, and then takes them and drops them. Its opener closes it. */
final class SilentProxy implements AutoCloseable {
    private final ServerSocket listening;
    private final int upstreamPort;
    private final List<Socket> sockets = new CopyOnWriteArrayList<>();
    private volatile boolean silent;

    private SilentProxy(int upstreamPort) throws IOException {
        this.upstreamPort = upstreamPort;
        this.listening = new ServerSocket(0, 8, InetAddress.getLoopbackAddress());
    }

    static SilentProxy to(int upstreamPort) throws IOException {
        SilentProxy proxy = new SilentProxy(upstreamPort);
        start(proxy::accept);
        return proxy;
    }

    int port() {
        return listening.getLocalPort();
    }

    void fallSilent() {
        silent = true;
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = keep(listening.accept());
            Socket server = keep(new Socket(InetAddress.getLoopbackAddress(), upstreamPort));
            start(() -> carry(client.getInputStream(), server.getOutputStream()));
            start(() -> carry(server.getInputStream(), client.getOutputStream()));
        }
    }

    private Socket keep(Socket socket) {
        sockets.add(socket);
        return socket;
    }

    private void carry(InputStream from, OutputStream to) throws IOException {
        byte[] bytes = new byte[8_192];
        for (int length = from.read(bytes); length >= 0; length = from.read(bytes)) {
            if (!silent) {
                to.write(bytes, 0, length);
            }
        }
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        // Closed from either side: there is nothing left to carry.
                        return;
                    }
                },
                "silent-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listening.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
