CREATE TABLE `idempotency` (
	`holder` text NOT NULL,
	`key` text NOT NULL,
	`request` text NOT NULL,
	`boot` text,
	`status` integer,
	`headers` text,
	`body` text,
	`created_at` text NOT NULL,
	PRIMARY KEY(`holder`, `key`)
);
--> statement-breakpoint
CREATE INDEX `idempotency_created` ON `idempotency` (`created_at`);