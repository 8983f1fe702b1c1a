// A member of the group "takeover" as a user of goka writes it, for goka_test.
//
//	member BROKERS STATE_DIR JOURNAL
//
// Counts the records of each key. The journal has a line for each: "TOPIC PARTITION OFFSET".
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"
	"github.com/lovoo/goka/storage"
)

func main() {
	if len(os.Args) != 4 {
		os.Exit(2)
	}
	journal, err := os.OpenFile(os.Args[3], os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		panic(err)
	}

	config := goka.DefaultConfig()
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	goka.ReplaceGlobalConfig(config)
	topics := goka.NewTopicManagerConfig()
	topics.Table.Replication = 1

	count := func(ctx goka.Context, _ any) {
		sum, _ := ctx.Value().(int64)
		ctx.SetValue(sum + 1)
		fmt.Fprintf(journal, "%s %d %d\n", ctx.Topic(), ctx.Partition(), ctx.Offset())
	}
	group := goka.DefineGroup("takeover",
		goka.Input("left", new(codec.String), count),
		goka.Input("right", new(codec.String), count),
		goka.Persist(new(codec.Int64)))
	member, err := goka.NewProcessor([]string{os.Args[1]}, group,
		goka.WithTopicManagerBuilder(goka.TopicManagerBuilderWithTopicManagerConfig(topics)),
		goka.WithStorageBuilder(storage.DefaultBuilder(os.Args[2])))
	if err != nil {
		panic(err)
	}
	until, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	if err := member.Run(until); err != nil {
		panic(err)
	}
}
