-- 情報セキュリティ: cloud
select 1;
