package dev.javf.linux;

import java.io.IOException;

/** A process that holds a namespace until it is killed. */
final class NamespaceHolder {
    private NamespaceHolder() {}

    public static void main(final String[] args) throws IOException {
        try (NetworkNamespace namespace = NetworkNamespace.create()) {
            System.out.println(namespace.procPath());
            System.in.read();
        }
    }
}
