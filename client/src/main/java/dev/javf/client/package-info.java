/**
 * Ring ports: packets through memory that the daemon and one application share. {@link
 * dev.javf.client.JavfPort} is the application's side; the rest is what both sides have in common.
 */
@NullMarked
package dev.javf.client;

import org.jspecify.annotations.NullMarked;
