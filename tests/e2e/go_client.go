// SPDX-License-Identifier: GPL-3.0-or-later

// go_client ADDRESS:PORT SNI VERSION COUNT [PAUSE]: Go's TLS connects COUNT times in a row, each time with the
// ticket of the connection before, and asks one question on each, and with a PAUSE another one after it. VERSION is 1.2 or 1.3. Prints how
// many connections were answered, and how many of them were resumed.
package main

import (
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"
)

// The root's SOA, with the length before it that TCP asks for.
var query = []byte{0, 17, 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1}

func exchange(connection *tls.Conn) error {
	if _, err := connection.Write(query); err != nil {
		return err
	}
	prefix := make([]byte, 2)
	if _, err := io.ReadFull(connection, prefix); err != nil {
		return err
	}
	_, err := io.ReadFull(connection, make([]byte, binary.BigEndian.Uint16(prefix)))
	return err
}

func ask(address string, config *tls.Config, pause time.Duration) (resumed bool, err error) {
	connection, err := tls.Dial("tcp", address, config)
	if err != nil {
		return false, err
	}
	defer connection.Close()
	if err = connection.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return false, err
	}
	if err = exchange(connection); err != nil {
		return false, err
	}
	if pause > 0 {
		time.Sleep(pause)
		if err = exchange(connection); err != nil {
			return false, err
		}
	}
	return connection.ConnectionState().DidResume, nil
}

func main() {
	count, err := strconv.Atoi(os.Args[4])
	if err != nil {
		panic(err)
	}
	var pause time.Duration
	if len(os.Args) > 5 {
		if pause, err = time.ParseDuration(os.Args[5]); err != nil {
			panic(err)
		}
	}
	version := map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[os.Args[3]]
	config := &tls.Config{
		ServerName:         os.Args[2],
		InsecureSkipVerify: true, // what is tried here is resumption
		MinVersion:         version,
		MaxVersion:         version,
		NextProtos:         []string{"dot"},
		ClientSessionCache: tls.NewLRUClientSessionCache(1),
	}
	resumptions := 0
	for i := 0; i < count; i++ {
		resumed, err := ask(os.Args[1], config, pause)
		if err != nil {
			fmt.Printf("connection %d: %v\n", i+1, err)
			os.Exit(1)
		}
		if resumed {
			resumptions++
		}
	}
	fmt.Printf("%d answered, %d resumed\n", count, resumptions)
}
