-- Histories are appended to and never rewritten: the database itself refuses.
CREATE TRIGGER `alias_changes_no_update` BEFORE UPDATE ON `alias_changes` BEGIN SELECT RAISE(ABORT, 'alias_changes is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `alias_changes_no_delete` BEFORE DELETE ON `alias_changes` BEGIN SELECT RAISE(ABORT, 'alias_changes is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `releases_no_update` BEFORE UPDATE ON `releases` BEGIN SELECT RAISE(ABORT, 'releases is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `releases_no_delete` BEFORE DELETE ON `releases` BEGIN SELECT RAISE(ABORT, 'releases is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `label_changes_no_update` BEFORE UPDATE ON `label_changes` BEGIN SELECT RAISE(ABORT, 'label_changes is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `label_changes_no_delete` BEFORE DELETE ON `label_changes` BEGIN SELECT RAISE(ABORT, 'label_changes is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_no_update` BEFORE UPDATE ON `audit` BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
--> statement-breakpoint
CREATE TRIGGER `audit_no_delete` BEFORE DELETE ON `audit` BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
